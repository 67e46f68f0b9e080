import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { DomainError } from '../../errors.js';
import { html, page } from '../../html/html.js';
import { Public } from '../access.js';
import { ApiProblems } from './api-problems.js';
import { ProblemCatalogue } from './problem-catalogue.js';

export class ProblemCodeUnknownError extends DomainError {
  readonly code = 'problem-code-unknown';
  readonly kind = 'not-found';

  constructor(code: string) {
    super(`There is no problem with the code "${code}".`);
  }
}

@ApiTags('Operations')
@Controller('problems')
export class ProblemsController {
  constructor(private readonly catalogue: ProblemCatalogue) {}

  /** Explains a problem code: the page that `type` of a problem points to. */
  @Public()
  @Get(':code')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @ApiParam({ name: 'code', example: 'request-invalid' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page for people.', schema: { type: 'string' } })
  @ApiProblems(404)
  explain(@Param('code') code: string): string {
    const found = this.catalogue.find(code);
    if (!found) throw new ProblemCodeUnknownError(code);
    const { title, explanation } = found;
    return page(
      title,
      html`<h1>${title}</h1>
        <p><code>${code}</code></p>
        <p>${explanation}</p>`,
    );
  }
}
