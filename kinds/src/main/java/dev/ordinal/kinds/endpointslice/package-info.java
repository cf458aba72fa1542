/// EndpointSlices: what the API knows of them, and the controller that fills them.
@NullMarked
package dev.ordinal.kinds.endpointslice;

import org.jspecify.annotations.NullMarked;
