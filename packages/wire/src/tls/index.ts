export { type ClientHelloResult, maxClientHelloBytes, readClientHello } from './client-hello.ts';
