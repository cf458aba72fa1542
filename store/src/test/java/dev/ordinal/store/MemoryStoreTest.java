package dev.ordinal.store;

class MemoryStoreTest extends StoreContract {
    @Override
    Store<String> open() {
        return MemoryStore.open(TEXT, HISTORY);
    }
}
