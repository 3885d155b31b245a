/** For tests of other packages: requests and leaves that are wrong in exactly one way. */
export { altNames, buildLeafNamed, buildRequest, generalName, rsaWithSha256 } from './build.ts';
