/** Written in by the build: the files of the site, relative to the service worker, and a hash of their contents. */
declare const SITE_FILES: string[];
declare const SITE_VERSION: string;
