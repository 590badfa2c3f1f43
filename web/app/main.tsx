import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/fonts.scss';
import './styles/carbon.scss';
import './styles/application.scss';
import { Application } from './application.tsx';
import { forgetWhenLeft } from './page-memory.ts';
import { takeSetUpTokenFromAddress } from './set-up-token.ts';

takeSetUpTokenFromAddress();
forgetWhenLeft();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <Application />
  </StrictMode>,
);
