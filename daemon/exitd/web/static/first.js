// Lets what is there be painted, and only then brings in all the rest.

const begin = () => import("./main.js");

// A page that nobody sees yet is never painted, and must follow the daemon all the same.
if (document.hidden) begin();
else requestAnimationFrame(() => setTimeout(begin));
