/// The sample application: a page that appends the time of each visit to a file on its own volume.
@NullMarked
package dev.visits;

import org.jspecify.annotations.NullMarked;
