/**
 * Written in by the build: the files of the site, relative to the service worker, those that are kept when they are
 * first used, and a hash of their contents.
 */
declare const SITE_FILES: string[];
declare const LATE_FILES: string[];
declare const SITE_VERSION: string;
