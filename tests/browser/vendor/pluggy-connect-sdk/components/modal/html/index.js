"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.getModalWrapper = void 0;
const getModalWrapper = (uid, theme) => `
<div class="${uid}_modal-overlay ${uid}_modal-container" id="${uid}_modal-overlay"/>
<div class="${uid}_modal ${theme}" id="${uid}_modal">
    <div class="${uid}_modal-content">
        <div class="${uid}_container"/>
    </div>
</div>
`;
exports.getModalWrapper = getModalWrapper;
