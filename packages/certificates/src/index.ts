export { type CertificateFile, certificateFilesIn, certificateFilesOfDatabase } from "./configured-files.ts";
export { certificatesCheck, describeStandings } from "./health-check.ts";
export { remainingSeconds } from "./remaining.ts";
export {
  CERTIFICATE_ROLES,
  type CertificateInUse,
  type CertificateRole,
  firstEnd,
  type Standing,
  standingOf,
} from "./standing.ts";
export { type Certificates, watchCertificates, watchConfigured } from "./watch-certificates.ts";
