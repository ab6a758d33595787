/**
 * Inputs of a component that tell policies what it knowingly does not keep to. Policies read them from the component and apply
 * them to everything it creates; without any there is nothing to say.
 */
export function exemptionInputs(policyExemptions: Record<string, string> | undefined): { policyExemptions?: Record<string, string> } {
  return policyExemptions && Object.keys(policyExemptions).length > 0 ? { policyExemptions } : {};
}
