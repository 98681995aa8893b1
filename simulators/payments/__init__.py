"""WeChat Pay and Alipay on this machine: both providers' interfaces with real signatures."""
