import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS } from '../../common/http/access.js';

/** Routes were written without saying who may call them; the application does not start with such. */
export class RoutesWithoutAccessError extends Error {
  override readonly name = 'RoutesWithoutAccessError';

  constructor(routes: string[]) {
    super(
      `These routes do not say who may call them: ${routes.join(', ')}. ` +
        'Give each one of @RequireScope(…), @SignedIn() and @Public().',
    );
  }
}

/** Refuses to start an application with a route that forgot to declare its access. */
@Injectable()
export class AccessCheck implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws RoutesWithoutAccessError that names all such routes. */
  onApplicationBootstrap(): void {
    const controllers = this.discovery.getControllers().map(({ metatype }) => metatype as new () => object);
    const undeclared = controllers.flatMap((controller) =>
      this.routesOf(controller)
        .filter((handler) => !this.reflector.getAllAndOverride<unknown>(ACCESS, [handler, controller]))
        .map((handler) => `${controller.name}.${handler.name}`),
    );
    if (undeclared.length > 0) throw new RoutesWithoutAccessError(undeclared);
  }

  private routesOf(controller: new () => object): (() => unknown)[] {
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner
      .getAllMethodNames(prototype)
      .map((name) => prototype[name]!)
      .filter((method) => Reflect.hasMetadata(PATH_METADATA, method));
  }
}
