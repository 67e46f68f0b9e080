/** One of several faults in a request. */
export class ProblemFault {
  /** Where it is: a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter. @example /name */
  pointer: string;
  /** Stable, for programs. @example max-length */
  code: string;
  /** What to do about it. @example name must be shorter than or equal to 255 characters */
  message: string;
  /** The node of the workflow that the fault is in, where there is one. */
  node_id?: string;
}

/** Problem details for HTTP APIs (RFC 9457): the body of every answer from 400 up. Some codes add members of their own. */
export class Problem {
  /** Address of a page that explains the code. @example /problems/request-invalid */
  type: string;
  /** The kind of problem, the same for each of its occurrences. @example The request is not valid */
  title: string;
  /** The HTTP status, again. @example 400 */
  status: number;
  /** This occurrence: names the thing, the id, the limit. */
  detail: string;
  /** Stable, for programs. @example request-invalid */
  code: string;
  /** Also in the `X-Request-Id` header and in the log. */
  request_id: string;
  /** The single faults of the request. */
  errors?: ProblemFault[];
}
