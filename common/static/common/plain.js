// Pages without the frame: sign-in and errors.
import "./focus.js";
