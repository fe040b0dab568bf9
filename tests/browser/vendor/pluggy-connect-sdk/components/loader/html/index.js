"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.loaderComponentHtml = void 0;
const css_1 = require("../css");
const loaderComponentHtml = ({ nonce, text, }) => `
        <div class='preloader spinner'>
            <style ${nonce ? `nonce="${nonce}"` : ''}>
              ${css_1.getLoaderCSS()}
            </style>

            <div class='ui big active loader'>
              ${text
    ? `<div class='content'>
                      <div class='ui text loader'>
                        ${text}
                      </div>
                    </div>`
    : ''}
            </div>
        </div>
`;
exports.loaderComponentHtml = loaderComponentHtml;
