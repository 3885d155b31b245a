// Stands in a bundle for a library that nothing in it calls; whoever does is told.
const absent = () => {
  throw new Error('@grpc/proto-loader was left out of this bundle (scripts/bundle.mjs)');
};
module.exports = {
  load: absent,
  loadSync: absent,
  fromJSON: absent,
  loadFileDescriptorSetFromBuffer: absent,
  isAnyExtension: absent,
};
