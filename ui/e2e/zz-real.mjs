import { preview } from 'vite';

const base = process.env.THROUGHLINE_URL;
await preview({
  configFile: false,
  logLevel: 'silent',
  build: { outDir: 'target/classes/ui' },
  preview: {
    port: Number(process.env.PORT),
    host: '127.0.0.1',
    proxy: { '/v1': { target: base }, '/api': { target: base } },
  },
});
