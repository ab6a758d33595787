export { acmeCertificates, isCovered, sitesOf, type AcmeCertificate, type Sites } from "./certificates";
export { checkAcme, type AcmeSurroundings } from "./check";
export { challengePorts, challengeTarget, offerCertificates, offerUrl, PATIENCE, type Offered } from "./offer";
export { LETS_ENCRYPT, type AcmeOptions, type DnsChallenge, type KeyType } from "./options";
export { declareAcme, directoryPort } from "./workload";
