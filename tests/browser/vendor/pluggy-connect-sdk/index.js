"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.PluggyConnect = void 0;
var pluggy_connect_1 = require("./pluggy-connect");
Object.defineProperty(exports, "PluggyConnect", { enumerable: true, get: function () { return pluggy_connect_1.PluggyConnect; } });
