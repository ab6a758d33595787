export { IssuedCertificate, OwnCertificateAuthority } from "./authority";
export { LONGEST_VALIDITY_DAYS, type CertificateAuthorityArgs, type CertificateUse, type IssueArgs } from "./options";
