/** What `testBed().lab()` puts into its page. */
declare const lab: typeof import("./in-page/lab.js");
