import { render } from 'solid-js/web';
import { App } from './app/App';
import { startTheme } from './state/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

startTheme();
const root = document.getElementById('app');
if (root) render(() => <App />, root);
