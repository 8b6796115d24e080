/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The progress line.
 */
#include "harness/progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "harness/json.h"

u64 progress_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

void progress_init(struct progress *p, bool json)
{
	p->out = json ? stdout : stderr;
	p->json = json;
	p->tty = !json && isatty(STDERR_FILENO);
	p->start_ms = p->last_ms = progress_clock_ms();
	p->last_cases = p->last_ops = 0;
}

static void show_json(const struct progress *p, const struct progress_now *now, u64 ms)
{
	struct json j;

	json_begin(&j, p->out);
	json_string(&j, "type", "progress");
	json_u64(&j, "ms", ms - p->start_ms);
	json_u64(&j, "cases", now->cases);
	json_u64(&j, "ops", now->ops);
	json_u64(&j, "skipped", now->skipped);
	json_u64(&j, "errors", now->errors);
	json_u64(&j, "findings", now->findings);
	json_u64(&j, "known", now->known);
	json_end(&j);
}

static void show_text(const struct progress *p, const struct progress_now *now, u64 ms)
{
	u64 seconds = (ms - p->start_ms) / 1000, span = ms - p->last_ms;
	struct winsize window;
	char line[256];
	size_t at;

	at = (size_t)snprintf(line, sizeof(line),
			      "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "  %" PRIu64
			      " cases  %" PRIu64 "/s  %" PRIu64 " ops/s  findings %" PRIu64
			      "  known %" PRIu64,
			      seconds / 3600, seconds / 60 % 60, seconds % 60, now->cases,
			      (now->cases - p->last_cases) * 1000 / span,
			      (now->ops - p->last_ops) * 1000 / span, now->findings, now->known);
	if (now->skipped)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "  skipped %" PRIu64,
				       now->skipped);
	if (now->errors)
		snprintf(line + at, sizeof(line) - at, "  errors %" PRIu64, now->errors);
	if (!p->tty) {
		fprintf(p->out, "%s\n", line);
		return;
	}
	/* What is wrapped cannot be rewritten: each update would leave a line behind. */
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 &&
	    strlen(line) >= window.ws_col)
		line[window.ws_col - 1] = '\0';
	fprintf(p->out, "\r\033[K%s", line);
}

void progress_show(struct progress *p, const struct progress_now *now)
{
	u64 ms = progress_clock_ms();

	if (ms - p->last_ms < (p->tty ? 500u : 10000u))
		return;
	if (p->json)
		show_json(p, now, ms);
	else
		show_text(p, now, ms);
	fflush(p->out);
	p->last_ms = ms;
	p->last_cases = now->cases;
	p->last_ops = now->ops;
}

void progress_clear(const struct progress *p)
{
	if (p->tty) {
		fputs("\r\033[K", p->out);
		fflush(p->out);
	}
}
