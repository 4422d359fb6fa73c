import assets from './assets'
import codes from './codes'
import common from './common'
import governance from './governance'
import members from './members'
import overview from './overview'
import promotions from './promotions'
import program from './program'

export default { ...common, ...codes, ...overview, ...members, ...program, ...promotions, ...assets, ...governance }
