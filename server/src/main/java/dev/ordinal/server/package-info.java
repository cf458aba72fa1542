/// HTTP and watch streams over the API.
@NullMarked
package dev.ordinal.server;

import org.jspecify.annotations.NullMarked;
