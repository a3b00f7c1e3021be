declare module 'mnist/src/digits/*.json' {
  /** 28 × 28 grey values from 0 to 1 for each image, one image after the other. */
  const digit: { readonly data: readonly number[] };
  export default digit;
}
