import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { documentProblems } from './common/http/problems/document-problems.js';
import { Problem } from './common/http/problems/problem.dto.js';

/** The OpenAPI 3.1 document, made from controllers and DTOs: their docstrings are its text. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Seer')
    .setDescription('Workflow automation: durable runs, triggers and connections on one PostgreSQL.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An API key (`sk_…`) or a JWT of the configured issuer.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: operationId,
    extraModels: [Problem],
  });
  return documentProblems(document);
}

/** `WorkflowsController.list` → `workflows.list`: unique, as classes and their methods are. */
function operationId(controller: string, method: string): string {
  const resource = controller.replace(/Controller$/, '');
  return `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.${method}`;
}

/** Swagger UI at `/docs`, the document at `/openapi.json`. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Seer API',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true },
  });
}
