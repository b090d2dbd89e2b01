/** The value of an argument, which its server alone may see. */
export const ARGUMENT_SECRET = "planted-argument-5f1c90d2";
