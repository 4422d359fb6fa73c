import { Dropdown, type DropDownProps } from 'antd'

/** A menu that a button of the header opens. */
export function HeaderMenu(props: DropDownProps) {
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
      // Without a motion: what moves under the pointer takes no click.
      transitionName=""
      // In the header, which stays at the top: in the page it would move away when that scrolls.
      getPopupContainer={(button) => button.parentElement ?? document.body}
      {...props}
    />
  )
}
