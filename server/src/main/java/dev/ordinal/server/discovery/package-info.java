/// What the server says about itself: resources, OpenAPI, version. Start at `Discovery`.
@NullMarked
package dev.ordinal.server.discovery;

import org.jspecify.annotations.NullMarked;
