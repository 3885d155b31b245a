export {
  decodeTransportHeader,
  encodeTransportHeader,
  maxTransportHeaderBytes,
  type TransportHeader,
  type TransportHeaderResult,
  transportHeaderAlpn,
} from './transport-header.ts';
