/** Writes objects until it is killed and says which are done: `write-artifacts.ts <folder> <own name>`. */
import { writeSync } from 'node:fs';
import { LocalArtifactStore } from '../artifact-store/local-artifact-store.ts';

const [folder = '', name = ''] = process.argv.slice(2);
const store = new LocalArtifactStore({
  id: '0',
  name: 'test',
  type: 'artifact-store',
  flavor: 'local',
  config: { path: folder },
  context: { stateDirectory: `${folder}-state` },
});

async function* chunks(byte: number): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 3; chunk++) yield new Uint8Array(1 << 20).fill(byte);
}

for (let count = 0; ; count++) {
  const small = await store.write(`${name}/${count % 3}/small-${count}`, new Uint8Array(1000).fill(count));
  writeSync(1, `${name}/${count % 3}/small-${count} ${small.sha256}\n`);
  const large = await store.write(`${name}/${count % 3}/large-${count}`, chunks(count), { ifAbsent: true });
  writeSync(1, `${name}/${count % 3}/large-${count} ${large.sha256}\n`);
  await store.write('shared/overwritten', chunks(count));
}
