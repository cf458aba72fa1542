/// Questions about access, which are answered and never stored: may somebody do something, what may
/// I do, who am I. Read first: [AccessReviews].
@NullMarked
package dev.ordinal.kinds.review;

import org.jspecify.annotations.NullMarked;
