"""The roadside: checkpoints 检查站点, verdicts 查验结论, scans 查验 and actions 处置, service areas."""
