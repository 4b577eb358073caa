// The main function of every test program: starts libsodium, then runs doctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "platform/crypto.h"

int main(int argc, char** argv) {
    if (!awda::crypto_start().ok()) return 1;
    doctest::Context context(argc, argv);
    return context.run();
}
