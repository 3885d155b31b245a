/** What a peer announced about itself (RFC 9113 section 6.5.2), with the values that hold before it says anything. */
import { type Http2FaultName } from './fault.ts';
import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  largestMaxFrameBytes,
  maxWindowBytes,
  SettingId,
} from './protocol.ts';

export class PeerSettings {
  headerTableSize = 4096;
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  initialWindowBytes: number = defaultWindowBytes;
  maxFrameBytes: number = defaultMaxFrameBytes;
  maxHeaderListSize: number = Number.POSITIVE_INFINITY;

  /**
   * Applies the payload `bytes[start..end)` of a SETTINGS frame in order. Returns the fault, if there is one; the
   * caller adjusts the windows of open streams by the change of `initialWindowBytes`.
   * @param isFromServer a server may not enable push
   */
  apply(bytes: Buffer, start: number, end: number, isFromServer: boolean): Http2FaultName | undefined {
    for (let at = start; at + 6 <= end; at += 6) {
      const fault = this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2), isFromServer);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #set(id: number, value: number, isFromServer: boolean): Http2FaultName | undefined {
    switch (id) {
      case SettingId.headerTableSize:
        this.headerTableSize = value;
        break;
      case SettingId.enablePush:
        if (value > (isFromServer ? 0 : 1)) return 'bad-setting';
        break;
      case SettingId.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        break;
      case SettingId.initialWindowSize:
        if (value > maxWindowBytes) return 'bad-initial-window';
        this.initialWindowBytes = value;
        break;
      case SettingId.maxFrameSize:
        if (value < defaultMaxFrameBytes || value > largestMaxFrameBytes) return 'bad-setting';
        this.maxFrameBytes = value;
        break;
      case SettingId.maxHeaderListSize:
        this.maxHeaderListSize = value;
        break;
      default:
        break;
    }
    return undefined;
  }
}
