import type { Response } from "express";

/** Sends a page; its headers are those of `pageHeaders`. */
export function sendPage(res: Response, status: number, page: string): void {
  res.status(status).setHeader("Content-Type", "text/html; charset=utf-8");
  res.end(page);
}
