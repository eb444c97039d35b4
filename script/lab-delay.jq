# Seconds from the packet that crossed the threshold to the store.
def seconds: (.[0:19] + "Z" | fromdate) + (.[19:-1] | if . == "" then 0 else tonumber end);
.alerts[0] | (.received | seconds) - (.alert.timestamp | seconds) | . * 1000 | round / 1000
