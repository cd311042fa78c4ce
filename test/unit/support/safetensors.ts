/** A safetensors file of one tensor of so many zero bytes (https://github.com/huggingface/safetensors#format). */
export function safetensors(bytes = 16): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: 'mlx' },
      'model.norm.weight': { dtype: 'F32', shape: [bytes / 4], data_offsets: [0, bytes] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
}

/** The files of a model folder that looks whole. */
export const modelFiles = (): Record<string, string | Buffer> => ({
  'config.json': '{"model_type":"qwen2"}',
  'tokenizer.json': '{}',
  'model.safetensors': safetensors(),
});
