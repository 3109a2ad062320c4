/// Says what the kit says of each line: `hash HINT VALUE`, `name NAME`, `unquote VALUE`, `unescape VALUE`, `base64 VALUE`, parted by tabs.
/// It is compiled for this machine, with the parts of the kit that know nothing of WebAssembly.
#include "sluice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *sluice_scratch(size_t bytes) { return malloc(bytes + 1); }
void sluice_field(uint8_t kind, sluice_text value) { (void)kind, (void)value; }

int main(void) {
  static char line[65536];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *first = strchr(line, '\t') + 1, *second = strchr(first, '\t');
    sluice_text value = sluice_of(first);
    if (line[0] == 'h') {
      printf("%d\n", sluice_identify(sluice_of(second + 1), atoi(first)));
      continue;
    }
    if (line[0] == 'n') {
      printf("%d\n", sluice_meaning(value));
      continue;
    }
    bool is_some = true;
    if (line[0] == 'b') is_some = sluice_base64(value, &value);
    else value = line[2] == 'q' ? sluice_unquote(value, '"') : sluice_unescape(value);
    for (size_t at = 0; is_some && at < value.bytes; at++) printf("%02x", value.at[at]);
    printf(is_some ? "\n" : "!\n");
  }
}
