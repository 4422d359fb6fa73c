import assets from './assets'
import calendar from './calendar'
import cards from './cards'
import codes from './codes'
import common from './common'
import governance from './governance'
import members from './members'
import overview from './overview'
import promotions from './promotions'
import program from './program'

export default { ...common, ...codes, ...overview, ...members, ...program, ...promotions, ...assets, ...calendar, ...cards, ...governance }
