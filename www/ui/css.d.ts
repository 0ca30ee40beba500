/** Style sheets are bundled as text, to be put into shadow roots. */
declare module "*.css" {
  const text: string;
  export default text;
}
