"""Passes: apply, review, issue, sign, print, judge, suspend, revoke.

The words of this room, one meaning each:

application 申请, what a firm or a person asks for; batch 批次, applications sent together.
pass 通行证, the permission of one vehicle on one route; pass number 通行证编号, its 12 digits: six of the
issuing area, six of the serial; revision 版次, one per amendment, only the newest verifies green.
plate 车牌号 and plate colour 车牌颜色 name the vehicle (of a road train: the tractor).
route 线路: origin 起点, destination 终点, stops 途经点 (county codes) and roads 途经道路.
take 领取, return 退回补正, refuse 不予核发 (an application, nothing else), issue 核发.
suspend 暂停, revoke 吊销, surrender 交回/挂失, supersede 换发: what can happen to a pass.
credential 凭证, the signed content of the QR; symbol, the QR itself; trust list 信任列表, the public keys;
status list 状态名单, what has been stopped; verdict 查验结论, the one answer given at the roadside.
"""
