/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states of the flash engine. */
#ifndef TASMITE_PROTO_ENGINE_STATE_H
#define TASMITE_PROTO_ENGINE_STATE_H

enum engine_state {
	ES_START,
	ES_LISTEN,	/* connect: at the ROM's rate, silent */
	ES_APP,		/* connect: a moment at the application's rate */
	ES_SETTLE,	/* connect: the banner's last bytes pass */
	ES_HUNT_RATE,	/* host to the rate SYNC is tried at */
	ES_HUNT,	/* SYNC sent */
	ES_DRAIN,	/* SYNC answered: the rest of its eight replies */
	ES_HUSH,	/* connect: listening on after an unanswered burst */
	ES_RESET_RATE,	/* host to the ROM's rate before a reset sequence */
	ES_RESET,	/* a step of it: lines set, then waited */
	ES_RESET_HEAR,	/* ... over: what does the chip say? */
	ES_RESET_BACK,	/* nothing: host back to the loader's rate */
	ES_RESET_CLEAR, /* cancelled in the middle: lines cleared */
	ES_ID_ALL,	/* registers, all at once */
	ES_ID_FLASH_ALL,
	ES_ID_READ,
	ES_ID_ATTACH,
	ES_ID_SPI_ASK,
	ES_ID_SPI_READ,
	ES_PROCEED,
	ES_PARAMS,
	ES_BAUD_TEST,	   /* can the host do the new rate? */
	ES_BAUD_RETURN,	   /* ... and back to the one in use */
	ES_BAUD_TRIAL,	   /* the chip takes the rate for a moment */
	ES_BAUD_TRIAL_SET, /* ... the host with it */
	ES_BAUD_TRIAL_SAY, /* a command at that rate */
	ES_BAUD_TRIAL_END, /* both back: was it understood? */
	ES_BAUD_ASK,	   /* the chip is told to stay */
	ES_BAUD_SET,	   /* the host follows */
	ES_BAUD_PROBE,	   /* registers read at the new rate */
	ES_BAUD_MEM,	   /* payload into free RAM at the new rate */
	ES_BAUD_LOAD,
	ES_BAUD_UNDO, /* blindly back, at a rate that did not work */
	ES_ERASE,
	ES_SECTOR,     /* one sector by the SPI registers: write enable */
	ES_SECTOR_GO,  /* ... erase */
	ES_SECTOR_ASK, /* is it done? */
	ES_SECTOR_READ,
	ES_BEGIN,
	ES_FETCH,
	ES_DATA,
	ES_STATUS_ASK,
	ES_STATUS_READ,
	ES_READBACK_SAVE, /* the SPI unit's settings, to put them back */
	ES_READBACK,	  /* a word of the block, as the flash has it */
	ES_QUICK_TEST,	  /* can the host do the rate? */
	ES_QUICK_RETURN,  /* ... and back */
	ES_QUICK_MEM,	  /* what takes the stub in, into RAM */
	ES_QUICK_GO,	  /* it runs */
	ES_QUICK_SET,	  /* the host at its rate */
	ES_QUICK_LOAD,	  /* the stub */
	ES_STUB_MEM,	  /* the stub into RAM */
	ES_STUB_LOAD,
	ES_STUB_GO,
	ES_STUB_HELLO, /* does it run? */
	ES_STUB_FOUND, /* one of an earlier session was found by SYNC: is it ours? */
	ES_STUB_SIZE,
	ES_STUB_TEST,	   /* can the host do the rate? */
	ES_STUB_RETURN,	   /* ... and back */
	ES_STUB_BAUD,	   /* the stub is told */
	ES_STUB_SET,	   /* the host follows */
	ES_STUB_ECHO,	   /* does it carry? */
	ES_STUB_UNDO,	   /* it does not: told blindly to return */
	ES_STUB_WAIT,	   /* ... the host back, until the stub has come back by itself */
	ES_STUB_SEEK_RATE, /* at which rate is it? */
	ES_STUB_SEEK,
	ES_STUB_WORK,	/* what is to be done next */
	ES_STUB_STATUS, /* why does the flash not keep it? */
	ES_STUB_RUN,
	ES_STUB_LEAVE, /* one that can't be used gives way to the ROM */
	ES_STUB_HOME,  /* done: back to the rate at which the next program looks for it */
	ES_STUB_HOME_SET,
	ES_STUB_HOME_ASK,
	ES_SCAN,       /* the job's data are digested */
	ES_SAMPLE,     /* some sectors of the flash */
	ES_COMPARE,    /* all of them */
	ES_OLD_SAMPLE, /* does the driver know what the flash holds? */
	ES_OLD,	       /* ... all of it */
	ES_OLD_TRY,    /* how small do differences get? */
	ES_PLAN,
	ES_REPLAN, /* after a change of rate */
	ES_STREAM,
	ES_FINISH,
	ES_VERIFY,
	ES_NARROW, /* which sectors of a piece differ */
	ES_READ,
	ES_READ_STOP,
	ES_PROVE, /* the digest of what was read in parts */
	ES_TAKE,
	ES_CLEAR, /* erase by the stub */
	/* a ROM of the ESP32 family */
	ES32_READ_REG, /* which chip, and its registers */
	ES32_SECURITY,
	ES32_WATCHDOG,
	ES32_ATTACH,
	ES32_SPI, /* the flash is asked: id, status */
	ES32_SPI_POLL,
	ES32_SPI_GET,
	ES32_SPI_BACK,
	ES32_TABLE, /* the partition table, and which application starts */
	ES32_TABLE_PROOF,
	ES32_BAUD_ASK,
	ES32_BAUD_SET,
	ES32_BAUD_PROBE,
	ES32_BAUD_UNDO,
	ES32_COMPARE,
	ES32_CHUNK, /* the next bytes to write */
	ES32_BEGIN,
	ES32_DATA,
	ES32_PROOF,
	ES32_ATTACH_AGAIN, /* after a restart of the loader */
	ES32_PARAMS_AGAIN,
	ES32_READ,
	ES32_UNFORCE, /* done: its next start is not to be into the loader */
	ES32_RESTART, /* ... by its watchdog, where there is no RTS */
	ES32_HOME,    /* ... back to the rate at which the next program looks for it */
	ES32_HOME_SET,
	ES_END,
	ES_STATES
};

#endif
