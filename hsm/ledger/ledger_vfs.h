/* Our VFS (ledger_db.h, LEDGER_VFS): registered once per process. */
#ifndef LEDGER_VFS_H
#define LEDGER_VFS_H

#include "ledger_db.h"

void ledger_vfs_register(void);

#endif
