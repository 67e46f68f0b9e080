import { Controller, Get, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Public } from '../../common/http/access.js';
import { AccessCheck } from './access-check.js';
import { RequireScope, SignedIn } from './decorators.js';

@Controller('declared')
class Declared {
  @Public()
  @Get('public')
  public(): void {}

  @SignedIn()
  @Get('signed-in')
  signedIn(): void {}

  @RequireScope('runs:read')
  @Get('scope')
  scope(): void {}

  helper(): void {}
}

@Controller('forgetful')
class Forgetful {
  @Public()
  @Get('fine')
  fine(): void {}

  @Get('forgotten')
  forgotten(): void {}
}

async function start(controllers: Type[]): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers,
    providers: [AccessCheck],
  }).compile();
  await module.init();
  await module.close();
}

describe('AccessCheck', () => {
  it('lets an application start whose routes all say who may call them', async () => {
    await expect(start([Declared])).resolves.toBeUndefined();
  });

  it('refuses to start with a route that forgot to, and names it', async () => {
    await expect(start([Declared, Forgetful])).rejects.toThrow('Forgetful.forgotten.');
  });
});
