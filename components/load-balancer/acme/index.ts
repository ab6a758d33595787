export { acmeCertificates, isCovered, type AcmeCertificate, type Sites } from "./certificates";
export { checkAcme, type AcmeSurroundings } from "./check";
export { LETS_ENCRYPT, type AcmeOptions, type DnsChallenge, type KeyType } from "./options";
export { acmeWorkload, declareAcme } from "./workload";
