// Kith: what pages can do better with JavaScript. Every page works without it.
"use strict";
