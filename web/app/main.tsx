import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/fonts.scss';
import './styles/carbon.scss';
import './styles/application.scss';
import { takeFragmentsFromAddress } from './address-fragment.ts';
import { Application } from './application.tsx';
import { forgetWhenLeft } from './page-memory.ts';

takeFragmentsFromAddress();
forgetWhenLeft();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <Application />
  </StrictMode>,
);
