/** One scope (RFC 6749, section 3.3), of a length that headers hold. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
