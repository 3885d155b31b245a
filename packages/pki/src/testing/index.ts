/** For tests of other packages: requests that are wrong in exactly one way. */
export { altNames, buildRequest, generalName, rsaWithSha256 } from './build.ts';
